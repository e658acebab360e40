import { availableParallelism, release, totalmem, type } from 'node:os';
import type { KubeObject } from '../../store/types.ts';
import type { Source } from '../ports.ts';
import { nodeName } from './pod-object.ts';
import { uuidOf } from './uuid.ts';

/** This machine as the one node there is: what `kubectl top node` divides by. */
export const nodeSource = (since: Date): Source => {
  const node = nodeObject(since);
  return {
    get: (_, name) => (name === nodeName ? node : undefined),
    list: () => [node],
    revision: () => '1',
    watch: () => () => {},
  };
};

const nodeObject = (since: Date): KubeObject => {
  const at = `${since.toISOString().slice(0, 19)}Z`;
  const capacity = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '1000',
  };
  const ready = { type: 'Ready', status: 'True', reason: 'KagariReady', message: 'kagari runs' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      uid: uuidOf('node', nodeName),
      resourceVersion: '1',
      creationTimestamp: at,
      labels: { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': process.platform },
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      conditions: [{ ...ready, lastHeartbeatTime: at, lastTransitionTime: at }],
      nodeInfo: {
        architecture: process.arch,
        operatingSystem: process.platform,
        osImage: type(),
        kernelVersion: release(),
        kubeletVersion: 'v1.35.0+kagari',
        containerRuntimeVersion: `node://${process.versions.node}`,
        kubeProxyVersion: '',
        bootID: '',
        machineID: '',
        systemUUID: '',
      },
    },
  };
};
