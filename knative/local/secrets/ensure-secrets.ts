import { randomBytes } from 'node:crypto';
import { ensureDatabaseUrls } from './database-urls.ts';
import { ensureNamespace, type Keeper, putSecret, secretValue } from './kept.ts';
import { ensureOperator, type Operator } from './operator.ts';
import { ensureSigningKeys } from './signing-keys.ts';

export interface SecretsSettings {
  /** The database's URL as its owner; the login in it goes into no Secret. */
  adminUrl: string;
  /** What rolePasswords answered and migrate was given. */
  passwords: Record<string, string>;
}

/**
 * Generates what is missing of the Secrets and the ConfigMap that the functions need, in namespace kagari, and changes
 * no password or key that stands. Answers the first operator's login.
 */
export const ensureSecrets = async (
  store: Keeper,
  { adminUrl, passwords }: SecretsSettings,
): Promise<{ operator: Operator }> => {
  await ensureNamespace(store);
  await ensureDatabaseUrls(store, adminUrl, passwords);
  await ensureSigningKeys(store);
  await ensureWebhookSecret(store);
  return { operator: await ensureOperator(store) };
};

// Standard Webhooks: 24 to 64 bytes, base64, after the prefix.
const ensureWebhookSecret = async (store: Keeper): Promise<void> => {
  if (secretValue(store, 'bank-webhook', 'secret') !== undefined) return;
  await putSecret(store, 'bank-webhook', { secret: `whsec_${randomBytes(32).toString('base64')}` });
};
