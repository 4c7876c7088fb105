# What a machine must have before the site is published on it: Python, Django and gunicorn from the distribution's
# packages, and the user that the site runs as. The deployment hands in the facts lo_project, lo_port and lo_user.

$packages = $facts['os']['family'] ? {
  'Debian' => ['python3', 'python3-django', 'gunicorn', 'libjs-jquery'],
  'RedHat' => ['python3', 'python3-django', 'python3-gunicorn'],
  default  => fail("The family ${facts['os']['family']} of ${facts['os']['name']} is not known to linkoverflow.pp."),
}

package { $packages:
  ensure          => installed,
  install_options => $facts['os']['family'] ? {
    'Debian' => ['--no-install-recommends'],
    default  => undef,
  },
}

$user = pick_user($facts['lo_user'])

function pick_user($wanted) {
  if $wanted =~ String[1] { $wanted } else { 'linkoverflow' }
}

user { $user:
  ensure => present,
  system => true,
  home   => '/srv',
  shell  => '/usr/sbin/nologin',
}

file { '/etc/linkoverflow':
  ensure => directory,
  owner  => 'root',
  group  => 'root',
  mode   => '0755',
}

# Publishing reads from here which user the site runs as.
file { '/etc/linkoverflow/user':
  ensure  => file,
  owner   => 'root',
  group   => 'root',
  mode    => '0644',
  content => "${user}\n",
}
