/** First path segments and the functions they lead to; bank, hello and consoles have no way in from outside. */
export const exposed: Readonly<Record<string, string>> = {
  auth: 'auth',
  orders: 'orders',
  payments: 'payments',
  payment: 'payments',
  notifications: 'notifications',
  analytics: 'analytics',
  api: 'api',
  deadletters: 'deadletters',
  producer: 'producer',
  consumer: 'consumer',
  worker: 'worker',
};

export const exposedFunctions = [...new Set(Object.values(exposed))];
