import type { KubectlCommand } from './kubectl.ts';
import type { TargetKind } from './target.ts';

/** What `kagari deploy` was asked for. */
export interface DeployOptions {
  cluster: TargetKind;
  /** The command that kubectl is. */
  kubectl: KubectlCommand;
  overlay: string;
  registry?: string;
  tag?: string;
  build: boolean;
  builder?: string;
  /** `fresh`: what is there goes first; `only`: it goes, and that is all. */
  cleanup?: 'fresh' | 'only';
  dryRun: boolean;
  yes: boolean;
  timeoutSeconds: number;
  databaseUrl?: string;
}
