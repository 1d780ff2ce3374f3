"""Operations that change AWS: asked for, written down, watched."""
