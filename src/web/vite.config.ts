import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
	root: import.meta.dirname,
	plugins: [react()],
	build: {
		outDir: '../../dist/web',
		emptyOutDir: true,
		target: 'es2023',
		// Inlined assets would need a wider Content-Security-Policy.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
	},
	server: { proxy: { '/api': 'http://127.0.0.1:4455' } },
});
