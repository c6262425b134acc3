import type { ActionStage, Frame, RunningJob } from './running-job.ts';

type List = Pick<Frame, 'key'>;

/** Remembers what an action of a list of steps does after the job's last step. */
export function addPost({ actions: { posts } }: RunningJob, { key }: List, stage: ActionStage): void {
	const others = posts.get(key) ?? [];
	if (!others.some((other) => other.key === stage.key)) posts.set(key, [...others, stage]);
}

/** What the actions of a list of steps do after the job's last step; the last that was added comes first. */
export function postsOf({ actions }: RunningJob, { key }: List): readonly ActionStage[] {
	return (actions.posts.get(key) ?? []).toReversed();
}
