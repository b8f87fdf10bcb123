typedef int sys_empty;
