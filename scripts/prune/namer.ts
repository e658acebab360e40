/** Somebody whose objects name images; what it keeps others from is given back by close. */
export interface Namer {
  digests(): Promise<string[]>;
  close(): Promise<void>;
}
