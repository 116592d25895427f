<?php
/**
 * WordPress without a web server, told what to do: `php site.php COMMAND [FILE]`.
 *
 *   install ZONE   makes the tables of a new site
 *   import FILE    does as the importer of Tools -> Import -> WordPress does
 *   read           prints all posts with their comments as JSON, from the database
 *   export         prints what Tools -> Export -> All content gives
 *
 * Where WordPress and its database are, and what the site is called, is in the environment:
 * WORDPRESS, SOCKET, ADDRESS, SCRATCH. Nothing is asked of the network.
 */

error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', 'stderr');
ini_set('memory_limit', '1G');

$address = getenv('ADDRESS');
$_SERVER += ['HTTP_HOST' => parse_url($address, PHP_URL_HOST), 'REQUEST_METHOD' => 'GET',
    'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1',
    'HTTP_USER_AGENT' => ''];
const DB_NAME = 'wordpress', DB_USER = 'root', DB_PASSWORD = '', DB_CHARSET = 'utf8mb4', DB_COLLATE = '';
define('DB_HOST', 'localhost:' . getenv('SOCKET'));
define('ABSPATH', rtrim(getenv('WORDPRESS'), '/') . '/');
define('WP_HOME', $address);
define('WP_SITEURL', $address);
define('WP_LANG_DIR', getenv('SCRATCH') . '/languages');
const DISABLE_WP_CRON = true, WP_HTTP_BLOCK_EXTERNAL = true, WP_DEBUG = false;
if ($argv[1] === 'install') {
    define('WP_INSTALLING', true);
} elseif ($argv[1] === 'import') {
    define('WP_IMPORTING', true);
}
$table_prefix = 'wp_';

require ABSPATH . 'wp-settings.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';

switch ($argv[1]) {
    case 'install':
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        add_filter('pre_wp_mail', '__return_true');
        wp_install('Moved', 'admin', 'admin@moved.example', true, '', wp_generate_password());
        update_option('timezone_string', $argv[2]);
        update_option('permalink_structure', '/%postname%/');
        foreach (get_posts(['post_type' => 'any', 'post_status' => 'any', 'numberposts' => -1]) as $one) {
            wp_delete_post($one->ID, true);
        }
        break;
    case 'import':
        wp_set_current_user(1);
        (new Importer())->import($argv[2]);
        break;
    case 'read':
        echo json_encode(read_all(), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES
            | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
        break;
    case 'export':
        require_once ABSPATH . 'wp-admin/includes/export.php';
        export_wp();
        break;
}

/** All posts and pages, each with its terms and its comments, as their rows are. */
function read_all(): array
{
    global $wpdb;
    $posts = $wpdb->get_results("SELECT * FROM $wpdb->posts WHERE post_type IN ('post', 'page')", ARRAY_A);
    foreach ($posts as &$post) {
        $where = $wpdb->prepare('WHERE comment_post_ID = %d ORDER BY comment_ID', $post['ID']);
        $post['comments'] = $wpdb->get_results("SELECT * FROM $wpdb->comments $where", ARRAY_A);
        foreach ($post['comments'] as &$one) {
            $one['shown'] = apply_filters('comment_text', $one['comment_content'], get_comment($one['comment_ID']));
        }
        unset($one);
        $post['author'] = get_the_author_meta('display_name', (int) $post['post_author']);
        $post['is_sticky'] = is_sticky((int) $post['ID']);
        $post['shown'] = apply_filters('the_content', $post['post_content']);
        foreach (['category', 'post_tag'] as $taxonomy) {
            $post[$taxonomy] = wp_get_post_terms($post['ID'], $taxonomy, ['fields' => 'names']);
        }
    }
    return $posts;
}

/**
 * What the plugin `wordpress-importer` does with a file when it is asked to make the file's
 * authors, and to fetch no attachments: authors, categories, tags, then posts in the file's order,
 * each with its comments in the order of their numbers. A post with the title and the date of one
 * that is there is that one. A comment's parent is looked up among those that were inserted before
 * it; when it isn't there, the number stays.
 */
final class Importer
{
    private array $authors = [];
    private array $numbers = [];

    public function import(string $file): void
    {
        $document = new DOMDocument();
        $read = $document->loadXML(file_get_contents($file));
        if (!$read || isset($document->doctype)) {
            fail('this is no XML that WordPress reads');
        }
        $channel = simplexml_import_dom($document)->channel;
        $wp = $document->documentElement->lookupNamespaceURI('wp') ?? '';
        $head = $channel->children($wp);
        if (!preg_match('/^\d+\.\d+$/', trim((string) $head->wxr_version))) {
            fail('the file has no version of WXR');
        }
        wp_defer_term_counting(true);
        wp_defer_comment_counting(true);
        foreach ($head->author as $one) {
            $this->author($one);
        }
        foreach ($head->category as $one) {
            $this->term('category', (string) $one->category_nicename, (string) $one->cat_name);
        }
        foreach ($head->tag as $one) {
            $this->term('post_tag', (string) $one->tag_slug, (string) $one->tag_name);
        }
        foreach ($channel->item as $item) {
            $this->post($item, $item->children($wp));
        }
        wp_defer_term_counting(false);
        wp_defer_comment_counting(false);
    }

    private function author(SimpleXMLElement $one): void
    {
        $login = sanitize_user((string) $one->author_login, true);
        $there = username_exists($login);
        $made = $there ?: wp_insert_user([
            'user_login' => $login, 'user_pass' => wp_generate_password(),
            'user_email' => (string) $one->author_email,
            'display_name' => (string) $one->author_display_name,
        ]);
        if (is_wp_error($made)) {
            fail("author $login: " . $made->get_error_message());
        }
        $this->authors[$login] = $this->numbers[(int) $one->author_id] = (int) $made;
    }

    private function term(string $taxonomy, string $slug, string $name): int
    {
        $there = term_exists($slug, $taxonomy);
        if ($there) {
            return (int) $there['term_id'];
        }
        $made = wp_insert_term(wp_slash($name), $taxonomy, ['slug' => $slug]);
        if (is_wp_error($made)) {
            fail("$taxonomy $name: " . $made->get_error_message());
        }
        return (int) $made['term_id'];
    }

    private function post(SimpleXMLElement $item, SimpleXMLElement $wp): void
    {
        $content = $item->children('http://purl.org/rss/1.0/modules/content/');
        $namespaces = $item->getDocNamespaces();
        $excerpt = $item->children($namespaces['excerpt']);
        $creator = (string) $item->children('http://purl.org/dc/elements/1.1/')->creator;
        $row = [
            'import_id' => (int) $wp->post_id,
            'post_author' => $this->authors[sanitize_user($creator, true)] ?? 1,
            'post_content' => (string) $content->encoded,
            'post_excerpt' => (string) $excerpt->encoded,
            'post_title' => (string) $item->title,
            'post_status' => (string) $wp->status,
            'guid' => (string) $item->guid,
        ];
        foreach (['post_date', 'post_date_gmt', 'post_name', 'comment_status', 'ping_status',
            'menu_order', 'post_type', 'post_password'] as $name) {
            $row[$name] = (string) $wp->$name;
        }
        if (!post_type_exists($row['post_type'])) {
            fail("no post type {$row['post_type']}");
        }
        $there = post_exists($row['post_title'], '', $row['post_date']);
        if ($there && get_post_type($there) === $row['post_type']) {
            $id = $there;
            fwrite(STDERR, "“{$row['post_title']}” already exists\n");
        } else {
            $there = 0;
            $id = wp_insert_post(wp_slash($row), true);
            if (is_wp_error($id)) {
                fail("“{$row['post_title']}”: " . $id->get_error_message());
            }
            if ((int) $wp->is_sticky === 1) {
                stick_post($id);
            }
        }
        $terms = [];
        foreach ($item->category as $one) {
            $named = $one->attributes();
            if (isset($named['nicename'])) {
                $taxonomy = (string) $named['domain'];
                $terms[$taxonomy][] = $this->term($taxonomy, (string) $named['nicename'], (string) $one);
            }
        }
        foreach ($terms as $taxonomy => $ids) {
            wp_set_post_terms($id, $ids, $taxonomy);
        }
        $this->comments($id, (bool) $there, $wp);
    }

    private function comments(int $post, bool $wasThere, SimpleXMLElement $wp): void
    {
        $rows = [];
        foreach ($wp->comment as $one) {
            $row = ['comment_post_ID' => $post];
            foreach (['author', 'author_email', 'author_IP', 'author_url', 'date', 'date_gmt',
                'content', 'approved', 'type', 'parent'] as $name) {
                $row["comment_$name"] = (string) $one->{"comment_$name"};
            }
            $user = (int) $one->comment_user_id;
            if (isset($this->numbers[$user])) {
                $row['user_id'] = $this->numbers[$user];
            }
            $rows[(int) $one->comment_id] = $row;
        }
        ksort($rows);
        $inserted = [];
        foreach ($rows as $number => $row) {
            if ($wasThere && comment_exists($row['comment_author'], $row['comment_date'])) {
                continue;
            }
            $row['comment_parent'] = $inserted[$row['comment_parent']] ?? $row['comment_parent'];
            $inserted[$number] = wp_insert_comment(wp_filter_comment(wp_slash($row)));
        }
    }
}

function fail(string $why): never
{
    fwrite(STDERR, "$why\n");
    exit(1);
}
