"""Operations on images: plans, their rules, and what decides about them."""
