/** A new version of the app is fetched in the background, and taken when the person reloads. */

type Listener = () => void;

const LOOK_EVERY_MS = 60 * 60_000;

/** Calls when a version waits that is not the one on the page. */
export function watchRegistration(registration: ServiceWorkerRegistration, isControlled: () => boolean, onReady: Listener): void {
  const tellIfWaiting = () => {
    if (registration.waiting !== null && isControlled()) onReady();
  };
  tellIfWaiting();
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed") tellIfWaiting();
    });
  });
}

/** Lets the waiting version take over, and loads the page anew with it. */
export function takeUpdate(container: ServiceWorkerContainer, registration: ServiceWorkerRegistration, reload: Listener): void {
  if (registration.waiting === null) {
    reload();
    return;
  }
  container.addEventListener("controllerchange", reload, { once: true });
  registration.waiting.postMessage("take over", []);
}

/** Keep the app's files in this browser, where it can; answers the way to reload with a new version. */
export async function keepApp(onReady: (reload: Listener) => void): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  // Browsers offer it on https and localhost only; elsewhere the app works without.
  if (container === undefined || !import.meta.env.PROD) return;
  try {
    const registration = await container.register(`${import.meta.env.BASE_URL}sw.js`, { updateViaCache: "none" });
    watchRegistration(registration, () => container.controller !== null, () =>
      onReady(() => takeUpdate(container, registration, () => location.reload())),
    );
    const look = () => void registration.update().catch(() => undefined);
    setInterval(look, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) look();
    });
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}
