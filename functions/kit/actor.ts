export type Role = 'customer' | 'operator';

/** Who signed in, as the verified bearer says. */
export interface Actor {
  id: string;
  role: Role;
  /** The bearer itself, to be passed on to a function that is called for this user. */
  token: string;
  /** The sign-in that the token belongs to (claim sid). */
  session: string | undefined;
  /** Seconds since the epoch. */
  expiresAt: number;
}
