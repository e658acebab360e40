import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

// kafkajs asks every connection each millisecond whether something waits (its timer is set into the past, and sets
// itself anew): a core's work with many idle connections. Only what waits has to be looked at again; whatever comes
// to wait later asks for it itself.
const { scheduleCheckPendingRequests } = RequestQueue.prototype;
RequestQueue.prototype.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};
