/**
 * What sluice uses of Node's compatibility layer, each module loaded by the first call that asks for it: in each thread the first one costs
 * 0.03 seconds of CPU and 6 MB, and most jobs need none.
 */

/** A function that loads a module once, without a wait. */
function lazily<Module>(name: string): () => Module {
  let loaded: Module | undefined;
  const runtime = globalThis as unknown as { readonly process: { getBuiltinModule(name: string): unknown } };
  return () => loaded ??= runtime.process.getBuiltinModule(name) as Module;
}

/** `node:crypto`: digests of bytes, faster than anything written here. */
export const nodeCrypto: () => typeof import("node:crypto") = lazily("node:crypto");
/** `node:fs`: files by their numbers, opened in ways that Deno has no words for. */
export const nodeFs: () => typeof import("node:fs") = lazily("node:fs");
/** `node:path`: paths of either kind of system. */
export const nodePath: () => typeof import("node:path") = lazily("node:path");
/** `node:url`: paths as URLs. */
export const nodeUrl: () => typeof import("node:url") = lazily("node:url");
/** `node:v8`: the heap's flags. */
export const nodeV8: () => typeof import("node:v8") = lazily("node:v8");
/** `node:vm`: what a flag brought to life. */
export const nodeVm: () => typeof import("node:vm") = lazily("node:vm");
/** `node:zlib`: CRC32 at several GB/s, and gzip. */
export const nodeZlib: () => typeof import("node:zlib") = lazily("node:zlib");
