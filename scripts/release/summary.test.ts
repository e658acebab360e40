import { describe, expect, it } from 'vitest';
import { summaryOf } from './summary.ts';

const release = (name: string) => ({ name, image: `ghcr.io/you/shop/${name}:abc` });

describe('the summary of a release', () => {
  it('has a row for each function that changed, with the figures of its verdict', () => {
    const summary = summaryOf({
      tag: 'abc',
      functions: 14,
      releases: [
        {
          ...release('auth'),
          outcome: 'promoted',
          reasons: [
            'candidate 0 of 410 failed (0%), stable 0 of 413 failed (0%); median 2 ms against 1.6 ms',
          ],
          seconds: 43.3,
          traffic: [{ revisionName: 'auth-00002', percent: 100 }],
        },
        {
          ...release('orders'),
          outcome: 'held',
          reasons: ['not enough evidence: 0 of 50 requests at the candidate'],
          seconds: 630.2,
          traffic: [{ revisionName: 'orders-00001', percent: 100 }],
          takenBack: true,
        },
        { ...release('web'), outcome: 'not begun', reasons: [] },
      ],
    });
    expect(summary).toBe(`3 of 14 functions changed by \`abc\`, 11 run its images already.

| function | verdict | after | why | traffic |
| --- | --- | --- | --- | --- |
| auth | promoted | 43.3 s | candidate 0 of 410 failed (0%), stable 0 of 413 failed (0%); median 2 ms against 1.6 ms | auth-00002 100% |
| orders | held, taken back | 630.2 s | not enough evidence: 0 of 50 requests at the candidate | orders-00001 100% |
| web | not begun |  |  |  |
`);
  });

  it('shows the last words of a function that crashed as they are, and no more than that', () => {
    const reasons = ['orders-00002 does not run: <img src=x> a|b\n[link](https://x) `rm`'];
    const summary = summaryOf({
      tag: 'abc',
      functions: 1,
      releases: [{ ...release('orders'), outcome: 'rolled back', reasons }],
    });
    expect(summary).toContain('&lt;img src=x> a\\|b \\[link\\](https://x) \\`rm\\`');
    expect(summary.trim().split('\n')).toHaveLength(5);
  });

  it('says where no function changed, and where no rollout was come to', () => {
    expect(summaryOf({ tag: 'abc', functions: 14, releases: [] })).toBe(
      '0 of 14 functions changed by `abc`, 14 run its images already.\n',
    );
    expect(summaryOf(undefined)).toBe('No rollout began: the log says why.\n');
  });
});
