typedef int core_empty;
