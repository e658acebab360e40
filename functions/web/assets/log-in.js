import './site.js';
import { startAccountForm } from './account.js';

startAccountForm();
