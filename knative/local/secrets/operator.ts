import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Keeper, putSecret, secretValue } from './kept.ts';

export interface Operator {
  email: string;
  password: string;
}

/** Secret `operator-bootstrap`: the first operator's login. */
export const ensureOperator = async (store: Keeper): Promise<Operator> => {
  const kept = {
    email: secretValue(store, 'operator-bootstrap', 'email'),
    password: secretValue(store, 'operator-bootstrap', 'password'),
  };
  const operator = {
    email: kept.email ?? 'operator@kagari.localhost',
    password: kept.password ?? randomBytes(18).toString('base64url'),
  };
  if (kept.email === undefined || kept.password === undefined) {
    await putSecret(store, 'operator-bootstrap', { ...operator });
  }
  return operator;
};

/** The login for its owner's eyes in `operator.json`, whose path is the answer. */
export const tellOperator = async (operator: Operator, home: string): Promise<string> => {
  const file = join(home, 'operator.json');
  await keepFile(file, `${JSON.stringify(operator, undefined, 2)}\n`);
  return file;
};

const keepFile = async (file: string, content: string): Promise<void> => {
  const standing = await readFile(file, 'utf8').catch(() => undefined);
  if (standing === content) return chmod(file, 0o600);
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
};
