export { thumbnail } from '../../export/thumbnail.js';
