"""The two SignalR hubs: text in and out, kept up, and what it brings in turn."""
