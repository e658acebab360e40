import './site.js';
import { startAccountForm } from './account.js';
import { callAsAnybody } from './api.js';

startAccountForm((body) => callAsAnybody('POST', '/auth/signup', { body }));
