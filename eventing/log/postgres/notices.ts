/** What processes tell each other by NOTIFY: hints, each of which a poll finds out too. Sessions listen to it by name. */
export const channel = 'kagari_log';

/** A group has gained or lost a member. */
export const membersChanged = 'members';

export interface RecordsStored {
  topic: number;
  partition: number;
  end: bigint;
}

/** `topic:partition:end`; undefined for anything else. */
export const parseRecordsStored = (payload: string): RecordsStored | undefined => {
  const [, topic, partition, end] = /^(\d+):(\d+):(\d+)$/.exec(payload) ?? [];
  if (topic === undefined || partition === undefined || end === undefined) return undefined;
  return { topic: Number(topic), partition: Number(partition), end: BigInt(end) };
};
