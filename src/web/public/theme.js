// Runs before the first paint, so that a remembered choice of light or dark does not flash.
try {
	const theme = localStorage.getItem('theme');
	if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {}
