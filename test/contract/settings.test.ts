import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const manifests = join(import.meta.dirname, '../../knative/manifests');

/** Of the ConfigMap payments in a file of manifests. */
const deadlineIn = async (path: string): Promise<string> =>
  parseAllDocuments(await readFile(join(manifests, path), 'utf8'))
    .map((document) => document.toJS())
    .find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'payments').data.deadline;

it('a payment has five seconds here, and a quarter of an hour in production', async () => {
  expect(await deadlineIn('base/payments.yaml')).toBe('PT5S');
  expect(await deadlineIn('overlays/production/payments.yaml')).toBe('PT15M');
  const production = await readFile(join(manifests, 'overlays/production/kustomization.yaml'), 'utf8');
  expect(production).toContain('payments.yaml');
});
