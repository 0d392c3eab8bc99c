"""What the product brings along: masters and the strategies of the years."""
