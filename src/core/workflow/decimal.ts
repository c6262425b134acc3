/** A number as text, as .NET's `G15` gives it and thus every `${{ }}` on GitHub: 15 significant digits, `1E+21`, never `-0`. */
export function decimal(value: number): string {
	if (value === 0) return '0';
	if (!Number.isFinite(value)) return String(value);
	const [digits = '', exponentText = '0'] = value.toExponential(14).split('e');
	const exponent = Number(exponentText);
	const mantissa = digits.replace(/\.?0+$/, '');
	if (exponent >= 15 || exponent < -4) {
		const magnitude = String(Math.abs(exponent)).padStart(2, '0');
		return `${mantissa}E${exponent < 0 ? '-' : '+'}${magnitude}`;
	}
	const fixed = Number(value.toPrecision(15)).toFixed(Math.max(0, 14 - exponent));
	return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
}
