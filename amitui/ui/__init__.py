"""The screen: application, actions, screens, forms, widgets. It knows no AWS library and no storage."""
