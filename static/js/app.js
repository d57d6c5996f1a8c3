// Everything that pages run, in one file: the parts named here are put in their places as files are gathered
// (bigtransit/static.py), those of others as they are, ours each in a scope of its own.
// @part django_htmx/htmx-4.min.js
// @part django_htmx/ext/hx-sse-4.min.js
// @part django_htmx/ext/hx-ptag-4.min.js
// @part js/patch.js
// @part js/clock.js
// @part js/shell.js
// @part js/gauges.js
// @part js/keep.js
// @part js/take.js
// @part js/trouble.js
// @part js/arrival.js
// @part js/live.js
// @part js/palette.js
// @part js/keys.js
