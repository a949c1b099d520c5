/**
 * Requests that are sent once. Deno's node:http sends a request again by itself, on a new connection, when a kept one breaks before the
 * answer; and it does so too when the request was destroyed on purpose (denoland/deno issue 36786): then a time limit and an interrupt end
 * nothing, and an upload is begun twice. Whether to try again is the session's to decide, and nobody else's.
 */

/** The part of an agent that is touched. */
interface ReusingAgent {
  reuseSocket(socket: unknown, request: { reusedSocket: boolean }): void;
}

/** The same agent; requests on its kept connections fail where they would be repeated. */
export function sendOnce<Agent>(agent: Agent): Agent {
  const reusing = agent as ReusingAgent;
  const reuse = reusing.reuseSocket.bind(agent);
  reusing.reuseSocket = (socket, request) => {
    reuse(socket, request);
    // What has this mark is repeated.
    request.reusedSocket = false;
  };
  return agent;
}
