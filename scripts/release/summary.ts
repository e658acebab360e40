#!/usr/bin/env node
// node scripts/release/summary.ts --report FILE: what became of a release, as Markdown.
import { parseArgs } from 'node:util';
import { sayTraffic } from '../rollout/traffic.ts';
import { type Release, type Report, readReport } from './report.ts';

export const summaryOf = (report: Report | undefined): string => {
  if (!report) return 'No rollout began: the log says why.\n';
  const { tag, functions, releases } = report;
  const unchanged = functions - releases.length;
  const lines = [
    `${releases.length} of ${functions} functions changed by \`${tag}\`, ${unchanged} run its images already.`,
  ];
  if (releases.length > 0)
    lines.push('', '| function | verdict | after | why | traffic |', '| --- | --- | --- | --- | --- |');
  return `${[...lines, ...releases.map(row)].join('\n')}\n`;
};

const row = ({ name, outcome, takenBack, seconds, reasons, traffic }: Release): string => {
  const cells = [
    name,
    takenBack ? `${outcome}, taken back` : outcome,
    seconds === undefined ? '' : `${seconds} s`,
    reasons.join('; '),
    traffic ? sayTraffic(traffic) : '',
  ];
  return `| ${cells.map(plain).join(' | ')} |`;
};

/** A function's last words are among the reasons: they must not end a cell, nor become HTML. */
const plain = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\|`*_[\]]/g, (mark) => `\\${mark}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');

if (import.meta.main) {
  const { report = '' } = parseArgs({ options: { report: { type: 'string' } } }).values;
  process.stdout.write(summaryOf(await readReport(report)));
}
