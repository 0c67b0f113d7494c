"""What the evidence means: typed, frozen values with their origins, and no opinion about them."""
