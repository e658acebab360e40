// DESIGN's import rules: imports point one way, a function never imports another, no cycles.
const functions = '^functions/([^/]+)/';
const notTests = '\\.test\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'a-function-never-imports-another',
      severity: 'error',
      from: { path: functions },
      to: { path: '^functions/', pathNot: ['^functions/kit/', '^functions/$1/'] },
    },
    {
      name: 'functions-know-kit-contracts-outbox-and-their-own-schema',
      severity: 'error',
      from: { path: functions, pathNot: ['^functions/(kit|api|producer)/', notTests] },
      to: {
        path: '^(db|eventing|knative|scripts|test)/',
        pathNot: ['^eventing/(contracts|outbox)/', '^db/schema/$1\\.ts$'],
      },
    },
    {
      name: 'api-and-producer-may-use-the-log',
      severity: 'error',
      from: { path: '^functions/(api|producer)/', pathNot: notTests },
      to: {
        path: '^(db|eventing|knative|scripts|test)/',
        pathNot: ['^eventing/(contracts|outbox|log)/', '^db/schema/$1\\.ts$'],
      },
    },
    {
      name: 'the-kit-knows-no-function',
      severity: 'error',
      from: { path: '^functions/kit/', pathNot: notTests },
      to: {
        path: '^(db|eventing|functions|knative|scripts|test)/',
        pathNot: ['^functions/kit/', '^eventing/(contracts|outbox)/'],
      },
    },
    {
      name: 'eventing-and-db-stand-below',
      severity: 'error',
      from: { path: '^(eventing|db)/', pathNot: notTests },
      to: { path: '^(functions|knative|scripts|test)/' },
    },
    {
      name: 'the-runtime-uses-broker-and-log',
      severity: 'error',
      from: { path: '^knative/local/', pathNot: notTests },
      to: { path: '^(functions|scripts|test|eventing/(outbox|contracts))/' },
    },
    {
      name: 'nobody-imports-scripts-or-test',
      severity: 'error',
      from: { pathNot: ['^(scripts|test)/', notTests] },
      to: { path: '^(scripts|test)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Other stacks' programs, with packages of their own.
    exclude: { path: '^scripts/bench/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
