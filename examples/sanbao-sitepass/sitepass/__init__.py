"""Site passes: who holds which customer's pass, and when it must go back."""
