#!/usr/bin/env node
// node scripts/release/take-back.ts --context NAME --report FILE
// After a run that failed or was cancelled: what it left held or under way gives all traffic back to the stable revision.
import { parseArgs } from 'node:util';
import { namespace } from '../../knative/local/secrets/kept.ts';
import { createKubectl } from '../deploy/kubectl.ts';
import { createTools } from '../deploy/tools.ts';
import { openContext } from '../rollout/cluster-in-context.ts';
import { isUnderWay, readRecord } from '../rollout/record.ts';
import { kagari } from './kagari.ts';
import { readReport, writeReport } from './report.ts';

/** Answers whether nothing of it is under way any more. A rollout to another image is somebody else's, and stays. */
export const takeBack = async (context: string, file: string): Promise<boolean> => {
  const report = await readReport(file);
  if (!report) return true;
  const tools = createTools({ env: process.env, signal: new AbortController().signal });
  const cluster = openContext(createKubectl(tools, ['kubectl'], context), namespace);
  let well = true;
  for (const release of report.releases) {
    if (!['held', 'under way', 'failed'].includes(release.outcome)) continue;
    const record = readRecord(await cluster.service(release.name));
    if (!record || !isUnderWay(record) || record.image !== release.image) continue;
    const { code, json, error } = await kagari('rollout', 'abort', release.name, '--context', context);
    console.log(`${release.name}: ${code === 0 ? 'taken back' : error}`);
    well &&= code === 0;
    if (code === 0) Object.assign(release, { takenBack: true, traffic: json?.traffic });
    await writeReport(file, report);
  }
  return well;
};

if (import.meta.main) {
  const { context = '', report = '' } = parseArgs({
    options: { context: { type: 'string' }, report: { type: 'string' } },
  }).values;
  process.exitCode = await takeBack(context, report).then(
    (well) => (well ? 0 : 1),
    (error: Error) => {
      console.error(`error: ${error.message}`);
      return 1;
    },
  );
}
