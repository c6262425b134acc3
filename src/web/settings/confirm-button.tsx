import { useEffect, useState } from 'react';

interface ConfirmButtonProps {
	readonly label: string;
	/** What the second press does, in words: `Erase ana`. */
	readonly sure: string;
	readonly isPending: boolean;
	readonly act: () => void;
}

/** A button for what cannot be taken back: it is pressed twice. */
export function ConfirmButton({ label, sure, isPending, act }: ConfirmButtonProps) {
	const [isAsking, setAsking] = useState(false);
	useEffect(() => {
		if (!isAsking) return;
		const timer = setTimeout(() => setAsking(false), 4000);
		return () => clearTimeout(timer);
	}, [isAsking]);
	const press = () => {
		if (isAsking) act();
		setAsking(!isAsking);
	};
	return (
		<button
			type="button"
			className={isAsking ? 'button small danger' : 'button small'}
			disabled={isPending}
			onClick={press}
		>
			{isAsking ? `${sure}?` : label}
		</button>
	);
}
