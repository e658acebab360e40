import { createHash, randomBytes } from 'node:crypto';

export const refreshTokenDays = 30;

/** 256 random bits; the database knows the hash only. */
export const newRefreshToken = (): { token: string; hash: Buffer } => {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOf(token) };
};

export const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
