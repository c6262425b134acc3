// A Footbridge that deploys a commit of a world's folder, says so, and goes on until it is killed: node deploy-child.ts <folder> <sha>
import { deployWorld } from './deploy-world.ts';

const [folder = '', sha = ''] = process.argv.slice(2);
const world = await deployWorld(folder);
const { project, environment } = world;
const asked = await world.rollouts().deploy({ project, environment, sha, purpose: 'release', by: 'system' });
process.stdout.write(`${JSON.stringify(asked)}\n`);
