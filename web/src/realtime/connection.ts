/** The one socket of the app: namespace `/v1`, by cookie, on the page's own origin. */
import type { QueryClient } from "@tanstack/react-query";
import { io, type Socket } from "socket.io-client";
import { reportSignedOut } from "@/api/client";
import type { Notice } from "@/api/types";
import { updateCache } from "./cache";
import { liveStore } from "./live-store";
import { refreshAll, refreshWork } from "./refresh";

export type ConnectionStatus = "connecting" | "online" | "offline";
type Acknowledge = (answer: { delivery_id: string }) => void;
type JoinAnswer = { ok: boolean; error: { code: string; detail: string } | null };

const JOIN_TIMEOUT_MS = 5000;
const REJOIN_DELAY_MS = 1500;
/** Codes of a refused handshake when the log-in is over. */
const ENDED_LOGIN = new Set(["token_expired", "token_invalid", "not_logged_in"]);

export class LiveConnection {
  private readonly socket: Socket;
  private readonly members = new Map<string, number>();
  private readonly listeners = new Set<() => void>();
  private readonly noticeListeners = new Set<(notice: Notice) => void>();
  private readonly seen = new Set<string>();
  private status: ConnectionStatus = "connecting";
  private wasOnline = false;

  constructor(private readonly client: QueryClient) {
    this.socket = io("/v1", {
      path: "/socket.io",
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      autoConnect: false,
      reconnectionDelay: 400,
      reconnectionDelayMax: 5000,
    });
    this.socket.on("connect", () => this.onConnect());
    this.socket.on("disconnect", (reason) => this.onDisconnect(reason));
    this.socket.on("connect_error", (error) => this.onConnectError(error));
    this.socket.on("notice", (notice: Notice, acknowledge?: Acknowledge) =>
      this.onNotice(notice, acknowledge),
    );
  }

  open(): void {
    this.socket.connect();
  }

  close(): void {
    this.socket.disconnect();
    liveStore.clear();
  }

  getStatus = (): ConnectionStatus => this.status;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Hear every notice once, before the caches follow it. */
  onNotices(listener: (notice: Notice) => void): () => void {
    this.noticeListeners.add(listener);
    return () => this.noticeListeners.delete(listener);
  }

  /** Hear a session until the returned function is called. Members are counted. */
  join(sessionId: string): () => void {
    const count = this.members.get(sessionId) ?? 0;
    this.members.set(sessionId, count + 1);
    if (count === 0 && this.socket.connected) void this.emitJoin(sessionId);
    return () => this.leave(sessionId);
  }

  private leave(sessionId: string): void {
    const count = this.members.get(sessionId) ?? 0;
    if (count > 1) {
      this.members.set(sessionId, count - 1);
      return;
    }
    this.members.delete(sessionId);
    liveStore.forget(sessionId);
    if (this.socket.connected) this.socket.emit("leave", { session_id: sessionId });
  }

  private async emitJoin(sessionId: string): Promise<void> {
    try {
      const answer: JoinAnswer = await this.socket
        .timeout(JOIN_TIMEOUT_MS)
        .emitWithAck("join", { session_id: sessionId });
      if (answer.ok) this.watchForGap(sessionId);
    } catch {
      // No acknowledgement: the connection is going, and `connect` joins again.
    }
  }

  /** A snapshot follows a good join; when none brought the page up to date, ask once more. */
  private watchForGap(sessionId: string): void {
    setTimeout(() => {
      if (!this.members.has(sessionId) || !liveStore.get(sessionId).isBehind) return;
      refreshAll(this.client);
      void this.emitJoin(sessionId);
    }, REJOIN_DELAY_MS);
  }

  private onConnect(): void {
    for (const sessionId of this.members.keys()) void this.emitJoin(sessionId);
    if (this.wasOnline) refreshAll(this.client);
    // What was fetched before the socket stood may have changed in between, and nobody told.
    else refreshWork(this.client);
    this.wasOnline = true;
    this.setStatus("online");
  }

  private onDisconnect(reason: string): void {
    this.setStatus("offline");
    // The server ends a socket only when its log-in ended; asking REST shows whether that is so.
    if (reason === "io server disconnect") {
      void this.client.invalidateQueries({ queryKey: ["me"] });
      setTimeout(() => this.socket.connect(), REJOIN_DELAY_MS);
    }
  }

  private onConnectError(error: Error): void {
    this.setStatus("offline");
    // A refused handshake is final for socket.io; a lost network is not, and it tries again itself.
    if (this.socket.active) return;
    if (ENDED_LOGIN.has(error.message)) reportSignedOut();
    else setTimeout(() => this.socket.connect(), REJOIN_DELAY_MS * 2);
  }

  private onNotice(notice: Notice, acknowledge?: Acknowledge): void {
    const deliveryId = "delivery_id" in notice ? notice.delivery_id : null;
    if (deliveryId !== null) {
      acknowledge?.({ delivery_id: deliveryId });
      if (this.seen.has(deliveryId)) return;
      this.rememberDelivery(deliveryId);
    }
    const sessionId = "session_id" in notice ? notice.session_id : null;
    if (sessionId !== null && this.members.has(sessionId)) {
      if (liveStore.receive(sessionId, notice)) void this.emitJoin(sessionId);
    }
    for (const listener of this.noticeListeners) listener(notice);
    updateCache(this.client, notice);
  }

  private rememberDelivery(deliveryId: string): void {
    this.seen.add(deliveryId);
    if (this.seen.size <= 500) return;
    const [oldest] = this.seen;
    if (oldest !== undefined) this.seen.delete(oldest);
  }

  private setStatus(status: ConnectionStatus): void {
    if (status === this.status) return;
    this.status = status;
    for (const listener of this.listeners) listener();
  }
}
