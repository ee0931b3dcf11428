"""The twin's two SignalR hubs: who listens, and what everybody is told."""
