import type { TriggerPosition } from '../../../eventing/broker/types.ts';

const line = /^(kagari_trigger_committed_offset|kagari_topic_end_offset)\{.*partition="(\d+)"\} (\d+)$/gm;

/** How far one Trigger is, from what the local runtime's /metrics says of it; throws where that is nothing. */
export const positionsIn = (text: string): TriggerPosition[] => {
  const found = { kagari_trigger_committed_offset: [], kagari_topic_end_offset: [] } as Record<
    string,
    bigint[]
  >;
  for (const [, name = '', partition, offset = ''] of text.matchAll(line))
    (found[name] as bigint[])[Number(partition)] = BigInt(offset);
  const { kagari_trigger_committed_offset: committed = [], kagari_topic_end_offset: ends = [] } = found;
  if (ends.length === 0 || committed.length !== ends.length)
    throw new Error('/metrics says nothing of Triggers');
  return ends.map((end, i) => ({ end, committed: committed[i] as bigint }));
};
