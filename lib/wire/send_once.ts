/**
 * Requests that are sent once. Deno's node:http sends a request again by itself, on a new connection, when a kept one breaks before the
 * answer; and it does so too when the request was destroyed on purpose (denoland/deno issue 36786): then a time limit and an interrupt end
 * nothing, and an upload is begun twice. Whether to try again is the session's to decide, and nobody else's.
 */
import type { Socket } from "node:net";

/** The part of an agent that is touched. */
interface ReusingAgent {
  reuseSocket(socket: unknown, request: unknown): void;
}

/** The same agent; requests on its kept connections fail where they would be repeated. */
export function sendOnce<Agent>(agent: Agent): Agent {
  // Deno repeats what is marked as sent on a kept connection, and the mark is set in what this stands in for.
  (agent as ReusingAgent).reuseSocket = (socket) => void (socket as Socket).ref();
  return agent;
}
