/** A share 0..1 as a percentage that does not round to a lie: 0.99951 is 99.95 %, never 100 %. */
export function share(value: number): string {
	const percent = value * 100;
	const digits = Math.abs(percent) >= 99.995 || Number.isInteger(percent) ? 0 : Math.abs(percent) < 10 ? 2 : 1;
	const text = Math.abs(percent) > 99 && Math.abs(percent) < 100 ? percent.toFixed(3) : percent.toFixed(digits);
	return `${text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')} %`;
}
