// Exit 0 when the service on PORT is healthy; else the reason on standard error.
const answer = await fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).catch((error) => ({
	ok: false,
	text: async () => `${error.cause?.code ?? error.message}`,
}));
if (!answer.ok) {
	console.error(await answer.text());
	process.exitCode = 1;
}
