import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onSignedOut } from "@/api/client";
import { keys } from "@/api/keys";
import { LiveConnection } from "@/realtime/connection";
import { liveStore } from "@/realtime/live-store";
import { delta, execution, item, SESSION, snapshot, turnNotice } from "../builders";

type Handler = (...values: never[]) => void;

/** The part of a socket that the connection uses, driven by the test. */
class FakeSocket {
  connected = false;
  active = true;
  readonly sent: [string, unknown][] = [];
  private readonly handlers = new Map<string, Handler>();

  on(event: string, handler: Handler): void {
    this.handlers.set(event, handler);
  }
  connect(): void {}
  disconnect(): void {}
  emit(event: string, payload: unknown): void {
    this.sent.push([event, payload]);
  }
  timeout(): this {
    return this;
  }
  async emitWithAck(event: string, payload: unknown): Promise<unknown> {
    this.sent.push([event, payload]);
    return { ok: true, error: null };
  }
  hear(event: string, ...values: unknown[]): void {
    this.handlers.get(event)?.(...(values as never[]));
  }
  open(): void {
    this.connected = true;
    this.hear("connect");
  }
  cut(): void {
    this.connected = false;
    this.hear("disconnect", "transport close");
  }
}

let socket: FakeSocket;
vi.mock("socket.io-client", () => ({ io: () => socket }));

let client: QueryClient;
let connection: LiveConnection;

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  client = new QueryClient();
  connection = new LiveConnection(client);
  socket.open();
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

const joins = () => socket.sent.filter(([event]) => event === "join");
const finished = (deliveryId: string) => ({ ...turnNotice("turn_finished"), delivery_id: deliveryId });

describe("the socket", () => {
  it("acknowledges a final with its delivery id, each time it comes, and takes it once", () => {
    const heard = vi.fn();
    connection.onNotices(heard);
    const acknowledge = vi.fn();
    socket.hear("notice", finished("12"), acknowledge);
    socket.hear("notice", finished("12"), acknowledge);
    expect(acknowledge.mock.calls).toEqual([[{ delivery_id: "12" }], [{ delivery_id: "12" }]]);
    expect(heard).toHaveBeenCalledOnce();
  });

  it("does not acknowledge what wants none", () => {
    const acknowledge = vi.fn();
    socket.hear("notice", { type: "execution_changed", delivery_id: null, execution: item() }, acknowledge);
    socket.hear("notice", delta(1, "a"), acknowledge);
    expect(acknowledge).not.toHaveBeenCalled();
  });

  it("joins a session once for all who look at it, and leaves after the last", () => {
    const first = connection.join(SESSION);
    const second = connection.join(SESSION);
    expect(joins()).toEqual([["join", { session_id: SESSION }]]);
    first();
    expect(socket.sent.some(([event]) => event === "leave")).toBe(false);
    second();
    expect(socket.sent.at(-1)).toEqual(["leave", { session_id: SESSION }]);
  });

  it("asks again for what was fetched before it stood", () => {
    socket = new FakeSocket();
    const later = new LiveConnection(client);
    client.setQueryData(keys.execution("1"), execution());
    socket.open();
    expect(client.getQueryState(keys.execution("1"))?.isInvalidated).toBe(true);
    later.close();
  });

  it("joins again after the connection came back, and asks for what was missed", () => {
    client.setQueryData(keys.execution("1"), execution());
    connection.join(SESSION);
    socket.cut();
    expect(connection.getStatus()).toBe("offline");
    socket.open();
    expect(connection.getStatus()).toBe("online");
    expect(joins()).toHaveLength(2);
    expect(client.getQueryState(keys.execution("1"))?.isInvalidated).toBe(true);
  });

  it("joins again when a delta was missed, once", () => {
    connection.join(SESSION);
    socket.hear("notice", delta(1, "a"));
    socket.hear("notice", delta(3, "c"));
    socket.hear("notice", delta(4, "d"));
    expect(joins()).toHaveLength(2);
    socket.hear("notice", snapshot(4, "abcd"));
    socket.hear("notice", delta(5, "e"));
    expect(joins()).toHaveLength(2);
    expect(liveStore.get(SESSION).turn?.texts.draft_body).toBe("abcde");
  });

  it("asks once more when joining brought nothing", async () => {
    connection.join(SESSION);
    socket.hear("notice", delta(3, "c"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(joins().length).toBeGreaterThan(2);
  });

  it("leaves words of sessions that nobody looks at", () => {
    socket.hear("notice", delta(1, "a"));
    expect(liveStore.get(SESSION).turn).toBeNull();
  });

  it("says that the log-in ended when the handshake is refused for it, and else tries again", async () => {
    const heard = vi.fn();
    const stop = onSignedOut(heard);
    const connect = vi.spyOn(socket, "connect");
    socket.hear("connect_error", new Error("websocket error"));
    expect(heard).not.toHaveBeenCalled();
    socket.active = false;
    socket.hear("connect_error", new Error("server is starting"));
    await vi.advanceTimersByTimeAsync(5000);
    expect(connect).toHaveBeenCalledOnce();
    socket.hear("connect_error", new Error("token_expired"));
    expect(heard).toHaveBeenCalledOnce();
    stop();
  });
});
