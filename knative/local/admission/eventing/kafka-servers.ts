/** Servers of `spec.bootstrapServers`, each once and sorted; an entry may name several. */
export const serversOf = (bootstrapServers: readonly string[]): string[] =>
  [...new Set(bootstrapServers.flatMap((entry) => entry.split(',')).map((server) => server.trim()))].sort();

/** A Service of the cluster: there is none here, but the platform's own event log stands for it. */
export const isService = (server: string): boolean => /\.svc(\.cluster\.local)?(:|$)/i.test(server);

/** Might be the short name of a Service, `name.namespace`; or a host's. */
export const mayBeService = (server: string): boolean =>
  /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*(:|$)/i.test(server);
