/** How each peer is asked for the same work. Pure: only arguments. */
import type { PeerName } from "../peers.ts";

/** From the left bucket to the right one, from disk to the right one, from the left one to disk. */
export type Route = "across" | "up" | "down";

/** What a peer has to copy. */
export interface Errand {
  readonly route: Route;
  /** The folder on disk: the source of `up`, the destination of `down`. */
  readonly folder: string;
  /** The folder in the bucket, without slashes. */
  readonly prefix: string;
  /** The only object of the folder; undefined for all of them. */
  readonly object?: string;
  /** Skip what the destination has. */
  readonly sync?: boolean;
  /** The servers' certificates are of an authority that only this file names. */
  readonly caFile?: string;
}

/** The arguments of a peer, or undefined when it cannot do this: s5cmd and aws know one endpoint at a time. */
export function peerArgs(tool: PeerName, errand: Errand): string[] | undefined {
  const { route, folder, prefix, object, sync, caFile } = errand;
  const inside = object === undefined ? "" : `/${object}`;
  const disk = folder + inside;
  const near = (left: string, right: string) => [route === "up" ? disk : left, route === "down" ? disk : right] as const;
  switch (tool) {
    case "mc": {
      const verb = object === undefined ? "mirror" : "cp";
      const trust = caFile === undefined ? [] : ["--insecure"];
      return [verb, "--quiet", ...trust, ...near(`left/source/${prefix}${inside}`, `right/destination/${prefix}${inside}`)];
    }
    case "rclone": {
      const verb = object === undefined ? ["copy", "--transfers", "32"] : ["copyto"];
      const trust = caFile === undefined ? [] : ["--ca-cert", caFile];
      return [...verb, ...trust, ...near(`left:source/${prefix}${inside}`, `right:destination/${prefix}${inside}`)];
    }
    case "s5cmd": {
      if (route === "across") return undefined;
      const [from, to] = near(`s3://source/${prefix}${inside || "/*"}`, `s3://destination/${prefix}${inside || "/"}`);
      const ending = object === undefined ? "/" : "";
      return [sync ? "sync" : "cp", ...(route === "up" ? [from + ending, to] : [from, to + ending])];
    }
    case "aws": {
      if (route === "across") return undefined;
      const verb = sync ? ["sync"] : object === undefined ? ["cp", "--recursive"] : ["cp"];
      return ["s3", ...verb, "--quiet", ...near(`s3://source/${prefix}${inside}`, `s3://destination/${prefix}${inside}`)];
    }
  }
}
