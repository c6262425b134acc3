import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { CommandLine } from '../command-line.tsx';
import { ErrorNotice } from '../notices.tsx';
import { Gate } from './gate.tsx';
import { signIn, takeFragment, takeProof, useFreshFragment } from './session.ts';

/** Where a link that works once leads: it signs in, and goes on to the page that is meant. */
export function EnterPage() {
	const navigate = useNavigate();
	const [error, setError] = useState<unknown>();
	const isBegun = useRef(false);
	useFreshFragment();
	useEffect(() => {
		// The code works once: a second look at it would only find it used.
		if (isBegun.current) return;
		isBegun.current = true;
		const [code, next] = [takeFragment(), new URLSearchParams(location.search).get('next') ?? '/'];
		const entered = code.startsWith('proof=')
			? takeProof(code.slice('proof='.length))
			: signIn('/sign-in/link', { code });
		// Only a place within this page is gone to.
		const place = /^\/(?![/\\])/.test(next) ? next : '/';
		entered.then(() => navigate({ href: place, replace: true }), setError);
	}, [navigate]);
	return (
		<Gate title={error === undefined ? 'Signing in …' : 'This did not work'}>
			{error === undefined ? (
				<p role="status" className="soft">
					One moment.
				</p>
			) : (
				<>
					<ErrorNotice error={error} />
					<p className="soft">Another link is made on the machine of the server:</p>
					<CommandLine command="footbridge link" />
				</>
			)}
		</Gate>
	);
}
