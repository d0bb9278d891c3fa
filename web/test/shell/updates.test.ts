import { describe, expect, it, vi } from "vitest";
import { takeUpdate, watchRegistration } from "@/shell/updates";

class Worker extends EventTarget {
  state: ServiceWorkerState = "installing";
  readonly postMessage = vi.fn<(message: unknown) => void>();

  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class Registration extends EventTarget {
  waiting: Worker | null = null;
  installing: Worker | null = null;

  find(): Worker {
    this.installing = new Worker();
    this.dispatchEvent(new Event("updatefound"));
    return this.installing;
  }

  install(worker: Worker): void {
    this.waiting = worker;
    worker.become("installed");
  }
}

const asReal = (registration: Registration) => registration as unknown as ServiceWorkerRegistration;

describe("a new version", () => {
  it("is told of when it is there, not when it is coming", () => {
    const onReady = vi.fn<() => void>();
    const registration = new Registration();
    watchRegistration(asReal(registration), () => true, onReady);
    const worker = registration.find();
    expect(onReady).not.toHaveBeenCalled();
    registration.install(worker);
    expect(onReady).toHaveBeenCalledOnce();
  });

  it("that waited already is told of at once", () => {
    const onReady = vi.fn<() => void>();
    const registration = new Registration();
    registration.waiting = new Worker();
    watchRegistration(asReal(registration), () => true, onReady);
    expect(onReady).toHaveBeenCalledOnce();
  });

  it("is no news on the first visit", () => {
    const onReady = vi.fn<() => void>();
    const registration = new Registration();
    watchRegistration(asReal(registration), () => false, onReady);
    registration.install(registration.find());
    expect(onReady).not.toHaveBeenCalled();
  });
});

describe("taking it", () => {
  it("asks it to take over, and loads anew once it has", () => {
    const container = new EventTarget();
    const registration = new Registration();
    const waiting = new Worker();
    registration.waiting = waiting;
    const reload = vi.fn<() => void>();
    takeUpdate(container as ServiceWorkerContainer, asReal(registration), reload);
    expect(waiting.postMessage).toHaveBeenCalledWith("take over", []);
    expect(reload).not.toHaveBeenCalled();
    container.dispatchEvent(new Event("controllerchange"));
    container.dispatchEvent(new Event("controllerchange"));
    expect(reload).toHaveBeenCalledOnce();
  });

  it("loads anew at once when another window took it", () => {
    const reload = vi.fn<() => void>();
    takeUpdate(new EventTarget() as ServiceWorkerContainer, asReal(new Registration()), reload);
    expect(reload).toHaveBeenCalledOnce();
  });
});
