/** A mail on its way to the SMTP server, the same at each try. */
export interface Letter {
  /** The notification's id; the Message-ID is made of it. */
  id: string;
  recipient: string;
  subject: string;
  body: string;
  createdAt: Date;
  /** Tries begun, this one included. */
  attempts: number;
}
