/** Alibaba's metadata service and STS on 127.0.0.1, a home folder, and what was asked of them: for oss_credentials_test.ts. */
import { createHmac } from "node:crypto";

/** Keys that the services hand out, in Alibaba's spelling. */
export const KEYS = { AccessKeyId: "STS.fake", AccessKeySecret: "fake-secret-text", SecurityToken: "fake-token-text" };

/** How the services behave. */
export interface Habits {
  /** The attached role; absent: none. */
  role?: string;
  /** Only the first version of the metadata service is spoken. */
  first?: true;
  /** What STS says instead of keys. */
  refuses?: { status: number; code: string };
  /** Seconds that keys last. */
  lastSeconds?: number;
}

/** A running fake. */
export interface FakeIdentity extends AsyncDisposable {
  readonly url: string;
  readonly home: string;
  readonly habits: Habits;
  /** `ACTION ROLE SIGNER` for STS, `METHOD PATH` for the rest. */
  readonly asked: string[];
  /** Writes a file of the home folder; returns its path. */
  write(name: string, content: string | Uint8Array): string;
}

/** Starts the fake. `secrets` are the secrets of the keys that may sign. */
export function startFakeIdentity(habits: Habits, secrets: Readonly<Record<string, string>> = {}): FakeIdentity {
  const asked: string[] = [];
  const home = Deno.makeTempDirSync({ prefix: "sluice-identity-" });
  let count = 0;
  const keys = () => ({
    ...KEYS,
    AccessKeyId: `${KEYS.AccessKeyId}${++count}`,
    Expiration: new Date(Date.now() + (habits.lastSeconds ?? 3600) * 1000).toISOString().replace(/\.\d+/, ""),
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return sts(request.method, searchParams, new URLSearchParams(await request.text()));
    asked.push(`${request.method} ${pathname}`);
    if (pathname === "/keys") return Response.json({ Code: "Success", ...keys() });
    if (pathname === "/latest/api/token") return habits.first ? new Response(null, { status: 404 }) : new Response("metadata-token");
    if (!habits.first && request.headers.get("x-aliyun-ecs-metadata-token") !== "metadata-token") {
      return new Response(null, { status: 403 });
    }
    const role = /^\/latest\/meta-data\/ram\/security-credentials\/(.*)$/.exec(pathname)?.[1];
    if (habits.role === undefined || role === undefined) return new Response("<html>not found", { status: 404 });
    if (role === "") return new Response(habits.role);
    return role === habits.role ? Response.json({ Code: "Success", ...keys() }) : new Response(null, { status: 404 });
  });
  function sts(method: string, query: URLSearchParams, form: URLSearchParams): Response {
    const signer = query.get("AccessKeyId") ?? form.get("OIDCToken") ?? "";
    asked.push(`${query.get("Action")} ${form.get("RoleArn")} ${signer}`);
    if (habits.refuses) {
      return Response.json({ Code: habits.refuses.code, Message: KEYS.AccessKeySecret }, { status: habits.refuses.status });
    }
    if (query.get("Action") === "AssumeRole" && query.get("Signature") !== signature(method, query, form, secrets[signer] ?? "")) {
      return Response.json({ Code: "SignatureDoesNotMatch" }, { status: 400 });
    }
    return Response.json({ AssumedRoleUser: {}, Credentials: keys() });
  }
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    home,
    habits,
    asked,
    write(name, content) {
      const path = `${home}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
      return path;
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** The signature of an RPC request as Alibaba documents it ("Request syntax and signature method V2 for RPC API"). */
function signature(method: string, query: URLSearchParams, form: URLSearchParams, secret: string): string {
  const escape = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const all = [...query, ...form].filter(([name]) => name !== "Signature").sort(([a], [b]) => a < b ? -1 : 1);
  const text = all.map(([name, value]) => `${escape(name)}=${escape(value)}`).join("&");
  return createHmac("sha1", `${secret}&`).update(`${method}&%2F&${escape(text)}`).digest("base64");
}
