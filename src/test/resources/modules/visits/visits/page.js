// fills the section
