declare module 'kafkajs/src/cluster/index.js' {
  const Cluster: new (options: object) => import('./cluster.ts').Cluster;
  export = Cluster;
}
declare module 'kafkajs/src/loggers/index.js' {
  const loggers: { createLogger(options: object): object };
  export = loggers;
}
declare module 'kafkajs/src/network/socketFactory.js' {
  const createSocketFactory: () => object;
  export = createSocketFactory;
}
declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    constructor(options: object);
    pending: object[];
    push(request: object): void;
    maybeThrottle(ms: number): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
  export = RequestQueue;
}
