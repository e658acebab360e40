/** Advisory locks, held by session; they are per database. */
export const locks = {
  /** Held while a migration runs: two starts at once migrate one after the other. */
  migration: 0x6b_61_67_01,
  /** Held while a runtime lives on the database. */
  runtime: 0x6b_61_67_02,
} as const;
